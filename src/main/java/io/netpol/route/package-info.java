/** The beans that the YAML routes name, and the settings that they and the routes are given. */
package io.netpol.route;
