/**
 * How the kernel hears it: chains, rules, sets, their names, the text of payloads, and the
 * difference between what is wanted and what is present. The text of the kernel's language is made
 * here and nowhere else.
 *
 * <h2>Threads and locks</h2>
 *
 * <table>
 *   <caption>Who calls what, and under which lock</caption>
 *   <tr><th>thread</th><th>does</th><th>holds</th></tr>
 *   <tr><td>applier, one for each agent</td><td>reads listings, makes an attempt, notes what was
 *       delivered, ends the attempt</td><td>the {@link Dataplane}'s lock in each call, never while a
 *       tool runs; in {@code plan} also the cluster's</td></tr>
 *   <tr><td>timer of the check</td><td>runs the tools that read, beside the applies; what they
 *       print is taken in by the applier</td><td>none of these</td></tr>
 *   <tr><td>watches, one for each kind</td><td>change the cluster; {@code prefetchSets}</td>
 *       <td>the cluster's lock; for {@code prefetchSets} the dataplane's, then the cluster's</td></tr>
 *   <tr><td>HTTP, JMX, metrics</td><td>ask for rules, texts and what is held; get copies, or an answer
 *       of one moment</td><td>the dataplane's lock, then the cluster's</td></tr>
 * </table>
 *
 * <p>The order is always dataplane, then cluster: whoever holds the cluster's lock asks no
 * dataplane. {@link Dataplane} is the only way in; all that it holds ({@code FamilyDataplane},
 * {@code ObservedState}, {@code DesiredState}, {@code IpSetReconciler}, {@code RepairBreaker}, and
 * the effect of a {@link Transaction}) is guarded by its lock, and hands nothing out that changes.
 * Fields with {@code @GuardedBy} are held to their lock by the compiler.
 */
package io.netpol.dataplane;
