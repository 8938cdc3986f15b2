package io.netpol.testing;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.simpleName;
import static com.tngtech.archunit.lang.conditions.ArchConditions.dependOnClassesThat;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.importer.ImportOption.OnlyIncludeTests;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import org.junit.jupiter.api.Tag;

/** {@code ./dev check} is quick: what starts a whole agent has a tag that keeps it out. */
@AnalyzeClasses(packages = "io.netpol", importOptions = OnlyIncludeTests.class)
class TestTagsTest {

  @ArchTest
  static final ArchRule testsOfWholeAgentsHaveATag =
      noClasses()
          .that()
          .haveSimpleNameEndingWith("Test")
          .and()
          .areNotMetaAnnotatedWith(Tag.class)
          .and()
          .areNotAnnotatedWith(Tag.class)
          .should(
              dependOnClassesThat(
                  simpleName("Agent")
                      .or(simpleName("TestAgent"))
                      .or(simpleName("AgentProcess"))
                      .or(simpleName("GuardedNode"))));
}
