/** Predictors, the frozen file's reader, and the scorer. */
package org.oneshottuner.predict;
