package org.oneshottuner.jobs.storage;

import java.io.IOException;
import org.apache.hadoop.fs.LocalFileSystem;
import org.apache.hadoop.fs.Path;

/** The local file system, of which what a writer needed for a commit cannot be deleted. */
public final class StuckLeftovers extends LocalFileSystem {
  @Override
  public boolean delete(Path file, boolean recursive) throws IOException {
    boolean staged =
        file.depth() > 2
            && file.getParent().getParent().getName().equals(Table.STAGING)
            && exists(file);
    boolean manifest =
        file.getName().startsWith(".") && file.getParent().getName().equals(Table.COMMITS);
    if (staged || manifest) {
      throw new IOException("Connection reset");
    }
    return super.delete(file, recursive);
  }
}
