/** Splits, near duplicates and the leak audit. */
package org.oneshottuner.dataset;
