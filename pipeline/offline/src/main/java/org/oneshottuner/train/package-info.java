/** Settings of the predictors that are trained, and ranking metrics. */
package org.oneshottuner.train;
