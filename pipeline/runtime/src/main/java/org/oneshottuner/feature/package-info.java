/** The feature schema: what a predictor reads of a candidate. */
package org.oneshottuner.feature;
