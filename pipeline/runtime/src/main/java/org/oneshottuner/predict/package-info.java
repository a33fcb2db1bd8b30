/** Predictors, the frozen file's reader and the fast scorer. */
package org.oneshottuner.predict;
