/** Provides the beans of the routes from an event to the pods that it affects. */
package io.netpol.route.flow;
