/** Checks the route files as a whole, before Camel makes routes of them. */
package io.netpol.route.check;
