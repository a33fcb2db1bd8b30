package org.oneshottuner.jobs.storage;

import java.io.IOException;
import org.apache.hadoop.fs.LocalFileSystem;
import org.apache.hadoop.fs.Path;

/** The local file system, of which what a writer staged of a batch cannot be deleted. */
public final class StuckStaging extends LocalFileSystem {
  @Override
  public boolean delete(Path file, boolean recursive) throws IOException {
    boolean batch =
        file.depth() > 2 && file.getParent().getParent().getName().equals(Table.STAGING);
    if (batch && exists(file)) {
      throw new IOException("Connection reset");
    }
    return super.delete(file, recursive);
  }
}
