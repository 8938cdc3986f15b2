/**
 * Programs the kernel with nftables (nft(8)): one table {@code inet netpol}, one transaction for
 * each sync. Only names of chains and sets tell the families apart.
 */
package io.netpol.dataplane.nftables;
