/** Figures of a run as one page that opens without a network. */
package org.oneshottuner.report;
