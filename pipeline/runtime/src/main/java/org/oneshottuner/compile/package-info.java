/** The way in: a task goes in, the best schedule and its kernel come out, or a reason why not. */
package org.oneshottuner.compile;
