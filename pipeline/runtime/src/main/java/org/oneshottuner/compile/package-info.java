/**
 * The way in: a task goes in; the best schedule and its kernel come out, or a reasoned "don't
 * know".
 */
package org.oneshottuner.compile;
