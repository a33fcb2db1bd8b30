/** Knobs, schedule spaces, schedules, candidates and seeds. */
package org.oneshottuner.space;
