/**
 * Provides the beans of the routes that batch, apply and confirm, and those of connections and
 * bridges.
 */
package io.netpol.route.apply;
