/** Knobs, schedule spaces, schedules and candidates, and the generator that every draw uses. */
package org.oneshottuner.space;
