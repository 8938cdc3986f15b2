/** Who reaches whom in a cluster: pods that are treated alike as one, every pair of them judged. */
package io.netpol.analysis.matrix;
