/** Which tasks and which schedules to label. */
package org.oneshottuner.sample;
