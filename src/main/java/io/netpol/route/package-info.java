/** Names what travels along the routes: headers, variables, and the state of an apply. */
package io.netpol.route;
