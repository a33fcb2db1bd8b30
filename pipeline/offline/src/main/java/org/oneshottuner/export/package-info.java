/** Freezing a trained model, and proving the frozen one equal to it. */
package org.oneshottuner.export;
