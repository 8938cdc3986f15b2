package io.netpol.route.check;

import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.apache.camel.CamelContext;
import org.apache.camel.Processor;
import org.apache.camel.component.bean.BeanInfo;
import org.apache.camel.component.bean.MethodInfo;

/** Knows the beans that routes may name: those of the agent, and those that the files declare. */
final class BeanTypes {

  private final CamelContext context;

  /**
   * Beans that came into the registry from files; where a file drops one, it is gone at a restart.
   */
  private final Set<String> fromFiles = new HashSet<>();

  private final Map<String, String> declared = new HashMap<>();
  private final Map<Class<?>, BeanInfo> infos = new HashMap<>();

  BeanTypes(CamelContext context) {
    this.context = context;
  }

  /** Forgets what files declared, and takes what they declare now. */
  void declare(List<YamlValue> beans) {
    declared.clear();
    for (YamlValue bean : beans) {
      String name = bean.text("name");
      if (context.getRegistry().lookupByName(name) == null) {
        fromFiles.add(name);
      }
      declared.put(name, bean.text("type"));
    }
  }

  /** Returns whether a route may name it. */
  boolean has(String name) {
    return declared.containsKey(name)
        || !fromFiles.contains(name) && context.getRegistry().lookupByName(name) != null;
  }

  /** Returns all names that files declare, and those of a few beans of the agent. */
  Set<String> names() {
    Set<String> names = new TreeSet<>(declared.keySet());
    names.addAll(context.getRegistry().findByTypeWithName(Object.class).keySet());
    return names;
  }

  /** Returns the class of a bean; null where only the running bean tells it. */
  private Class<?> type(String name) {
    if (declared.containsKey(name)) {
      String type = declared.get(name).replaceFirst("^#class:", "").replaceFirst("[(#].*", "");
      return type.isEmpty() ? null : context.getClassResolver().resolveClass(type);
    }
    Object bean = context.getRegistry().lookupByName(name);
    return bean == null ? null : bean.getClass();
  }

  /** Returns whether it is one of Camel's processors, as far as that is known. */
  boolean isProcessor(String name) {
    Class<?> type = type(name);
    return type == null || Processor.class.isAssignableFrom(type);
  }

  /** Returns whether a bean has a method that Camel can call, as far as that is known. */
  boolean hasMethod(String name, String method) {
    Class<?> type = type(name);
    return type == null || info(type).hasMethod(method);
  }

  private BeanInfo info(Class<?> type) {
    return infos.computeIfAbsent(type, each -> new BeanInfo(context, each));
  }

  /** Returns the names of the methods that Camel can call. */
  Set<String> methods(String name) {
    Set<String> names = new TreeSet<>();
    Class<?> type = type(name);
    if (type != null) {
      for (MethodInfo method : info(type).getMethods()) {
        if (method.getMethod().getDeclaringClass() != Object.class) {
          names.add(method.getMethod().getName());
        }
      }
    }
    return names;
  }
}
