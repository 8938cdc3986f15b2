/** Health checks, metrics, MBeans and the dev console. */
package io.netpol.observe;
