/** What a predictor's scores are made of. */
package org.oneshottuner.explain;
