package io.netpol.route.check;

/**
 * Holds one bean that a step names.
 *
 * @param at where its name stands
 * @param method without parameters; empty where none is named
 * @param methodAt where the method stands
 * @param processor whether it has to be one of Camel's processors
 */
record BeanUse(
    Step step, YamlValue at, String name, String method, YamlValue methodAt, boolean processor) {}
