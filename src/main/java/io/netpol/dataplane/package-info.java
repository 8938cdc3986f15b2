/**
 * Programs the kernel: desired and observed state, the plan of a sync, and drift. Each back-end is
 * a sub-package, and the only place that writes and parses the text of its kernel interface.
 *
 * <h2>Threads and locks</h2>
 *
 * <table>
 *   <caption>Which thread calls what, and under which lock</caption>
 *   <tr><th>thread</th><th>does</th><th>holds</th></tr>
 *   <tr><td>apply thread, one for each agent</td><td>observes listings, plans, confirms transactions, finishes or abandons the plan</td><td>the {@link Dataplane}'s lock in each call, never while a
 *       tool runs; in {@code plan} also the cluster's</td></tr>
 *   <tr><td>resync timer</td><td>runs the tools that read, in parallel with syncs; the apply thread observes their listings</td><td>none of these</td></tr>
 *   <tr><td>watches, one for each kind</td><td>change the cluster; {@code prefetchSets}</td>
 *       <td>the cluster's lock; for {@code prefetchSets} the dataplane's, then the cluster's</td></tr>
 *   <tr><td>HTTP, JMX, metrics</td><td>read rules, texts and enforcement; get copies, or values</td><td>the dataplane's lock, then the cluster's</td></tr>
 * </table>
 *
 * <p>Lock order: dataplane, then cluster. A thread with the lock of the cluster must not call a
 * dataplane. {@link Dataplane} is the only entry point; its state ({@code FamilyDataplane}, {@code
 * ObservedState}, {@code DesiredState}, {@code SetReconciler}, {@code RepairBreaker}, and the
 * effect of a {@link Transaction}) is guarded by its lock, and never escapes in mutable form. The
 * compiler checks fields with {@code @GuardedBy}.
 */
package io.netpol.dataplane;
