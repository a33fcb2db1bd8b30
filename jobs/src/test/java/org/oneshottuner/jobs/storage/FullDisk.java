package org.oneshottuner.jobs.storage;

import java.io.IOException;
import org.apache.hadoop.fs.FSDataOutputStream;
import org.apache.hadoop.fs.LocalFileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.permission.FsPermission;
import org.apache.hadoop.util.Progressable;

/** The local file system of a disk with no room for another Parquet file. */
public final class FullDisk extends LocalFileSystem {
  @Override
  public FSDataOutputStream create(
      Path file,
      FsPermission permission,
      boolean overwrite,
      int bufferBytes,
      short replication,
      long blockBytes,
      Progressable progress)
      throws IOException {
    if (file.getName().endsWith(".parquet")) {
      throw new IOException("No space left on device");
    }
    return super.create(
        file, permission, overwrite, bufferBytes, replication, blockBytes, progress);
  }
}
