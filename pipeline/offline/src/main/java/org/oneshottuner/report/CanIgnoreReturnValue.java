package org.oneshottuner.report;

/**
 * Tells Error Prone, which goes by the name alone, that a method returns its own object only for
 * chaining.
 */
@interface CanIgnoreReturnValue {}
