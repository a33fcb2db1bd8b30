/** What a predictor reads of a candidate. */
package org.oneshottuner.feature;
