/** One class a stage: read rows, map, write rows and a manifest. */
package org.oneshottuner.jobs.stage;
