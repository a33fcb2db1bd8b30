/** Rows, labels, splits, manifests and the leak audit. */
package org.oneshottuner.dataset;
