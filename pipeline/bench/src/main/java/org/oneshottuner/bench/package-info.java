/** Benchmarks and the comparison with peers; never shipped. */
package org.oneshottuner.bench;
