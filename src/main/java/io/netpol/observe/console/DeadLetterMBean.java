package io.netpol.observe.console;

import com.fasterxml.jackson.core.JsonProcessingException;
import io.netpol.route.deadletter.DeadLetter;
import io.netpol.route.deadletter.DeadLetters;
import io.netpol.route.deadletter.LetterFolder;
import io.netpol.route.deadletter.LetterIds;
import io.netpol.route.deadletter.LetterRequests;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.apache.camel.Exchange;
import org.apache.camel.api.management.ManagedAttribute;
import org.apache.camel.api.management.ManagedOperation;
import org.apache.camel.api.management.ManagedResource;

/**
 * Shows, replays and drops dead letters by JMX, among Camel's services as {@code
 * org.apache.camel:context=camel-netpol,type=services,name=DeadLetterMBean}.
 */
@ManagedResource(
    description = "Dead letters: rules that could not be applied and are still pending")
public final class DeadLetterMBean extends SendingService {

  private final DeadLetters letters;

  /** Creates the MBean of an agent's letters. */
  public DeadLetterMBean(DeadLetters letters) {
    this.letters = letters;
  }

  /** Returns the number of letters. */
  @ManagedAttribute(description = "How many dead letters there are")
  public int getCount() {
    return letters.letters().size();
  }

  /** Returns one line for each letter, the id first. */
  @ManagedAttribute(description = "One line for each dead letter: id, what it is about, why")
  public List<String> getList() {
    return letters.letters().stream()
        .map(letter -> letter.id() + ": " + letter.subject() + ": " + letter.reason())
        .toList();
  }

  /** Returns how often a letter could not be written. */
  @ManagedAttribute(description = "How often a dead letter could not be written to its file")
  public long getUnwritten() {
    return letters.unwritten();
  }

  /** Returns why letters cannot be written; empty while they can. */
  @ManagedAttribute(description = "Why dead letters cannot be written; empty while they can")
  public String getProblem() {
    return letters.problem() == null ? "" : letters.problem();
  }

  /** Returns how many letters were removed because there were too many. */
  @ManagedAttribute(description = "How many dead letters were removed because there were too many")
  public long getDropped() {
    return letters.dropped();
  }

  /** Returns the letter as JSON, with its payload if there is a file. */
  @ManagedOperation(description = "The dead letter of this id or digest, as JSON")
  public String show(String id) throws JsonProcessingException {
    DeadLetter letter = known(id);
    try {
      letter = letters.folder().read(letter.id());
    } catch (NoSuchFileException e) {
      // It was never written: the letter in memory has everything but payload and stderr.
    } catch (IOException e) {
      throw new IllegalStateException("cannot read dead letter " + id + ": " + e.getMessage());
    }
    return LetterFolder.mapper().writerWithDefaultPrettyPrinter().writeValueAsString(letter);
  }

  /** Tries the pods and sets of the letter now. */
  @ManagedOperation(description = "Try to apply the dead letter of this id or digest now")
  public void replay(String id) {
    request(id, LetterRequests.REPLAY);
  }

  /** Removes the letter; the next resync tries its pods and sets again. */
  @ManagedOperation(
      description =
          "Remove the dead letter of this id or digest; there is a new one if its rules fail again")
  public void drop(String id) {
    request(id, LetterRequests.DROP);
  }

  private void request(String id, String what) {
    routes()
        .requestBodyAndHeader(
            "direct:letter-request", null, Exchange.FILE_NAME, known(id).id() + what);
  }

  private DeadLetter known(String named) {
    Map<String, DeadLetter> all =
        letters.letters().stream().collect(Collectors.toMap(DeadLetter::id, Function.identity()));
    try {
      return all.get(LetterIds.find(all.keySet(), named));
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(e.getMessage() + " " + named);
    }
  }
}
