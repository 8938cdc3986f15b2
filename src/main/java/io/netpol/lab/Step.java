package io.netpol.lab;

import io.fabric8.kubernetes.client.KubernetesClient;
import java.util.function.Consumer;

/**
 * One change to the example cluster, made through the API.
 *
 * @param title what it does, in a few words
 * @param shown what a person would have typed: a manifest or commands, may be of several lines
 * @param change makes it
 */
public record Step(String title, String shown, Consumer<KubernetesClient> change) {}
