/** What is probably not meant in policies that are valid. */
package io.netpol.analysis.lint;
