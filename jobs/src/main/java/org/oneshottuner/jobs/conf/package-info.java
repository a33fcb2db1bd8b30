/** Settings of the jobs: one record each, and how a file and overrides become one. */
package org.oneshottuner.jobs.conf;
