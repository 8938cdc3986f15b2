/** Provides health checks, metrics, MBeans and the developer console. */
package io.netpol.observe;
