/** Operator templates: a candidate's loop nest, and the kernel source printed from it. */
package org.oneshottuner.lower;
