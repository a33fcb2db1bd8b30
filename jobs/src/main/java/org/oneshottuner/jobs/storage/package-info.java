/** Datasets at rest: immutable Parquet files, and the manifests that vouch for them. */
package org.oneshottuner.jobs.storage;
