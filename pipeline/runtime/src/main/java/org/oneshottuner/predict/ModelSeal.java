package org.oneshottuner.predict;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.Signature;
import java.security.SignatureException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Collectors;
import org.oneshottuner.predict.ModelFormatException.Reason;

/**
 * What stands around the content of a model file, and is checked before anything of it is read: its
 * length, its digest, and who signed it. {@link FrozenModelReader} has the layout.
 */
public final class ModelSeal {
  /** The version that is written. */
  public static final int VERSION = 2;

  /** The oldest version that is read: it has no signatures. */
  public static final int OLDEST = 1;

  /** The most bytes that a model file may have. */
  public static final int MAX_BYTES = 1 << 28;

  /** As PNG's: not text, and spoilt by every way of translating line ends. */
  public static final long MAGIC = 0x893153540D0A1A0AL;

  /** Bytes before the content. */
  public static final int HEADER_BYTES = 16;

  /** Where the file's length stands, as an int32. */
  public static final int LENGTH_OFFSET = 12;

  /** Bytes of the SHA-256 that ends a file. */
  public static final int DIGEST_BYTES = 32;

  /** Bytes of a signature with its key's id. */
  public static final int MARK_BYTES = TrustedKey.ID_BYTES + 64;

  /**
   * Signatures that a file may have: while keys change, that of the old one and that of the new.
   */
  public static final int MOST_MARKS = 2;

  /** What a signature covers begins with this, so that it is one of nothing else. */
  private static final byte[] CONTEXT = "one-shot tuner model\0".getBytes(StandardCharsets.UTF_8);

  private final byte[] file;
  private final int version;
  private final int end;
  private final List<Mark> marks;

  /**
   * A signature.
   *
   * @param keyId 16 hexadecimal digits
   * @param offset of its 64 bytes in the file
   */
  record Mark(String keyId, int offset) {}

  private ModelSeal(byte[] file, int version, int end, List<Mark> marks) {
    this.file = file;
    this.version = version;
    this.end = end;
    this.marks = marks;
  }

  /**
   * Checks a file's ends; nothing is copied.
   *
   * @param source what to call it in messages
   * @throws ModelFormatException if it is no model file, or damaged
   */
  public static ModelSeal of(byte[] file, String source) {
    int version = header(file, source);
    int digestAt = file.length - DIGEST_BYTES;
    if (!Arrays.equals(digest(file, digestAt), Arrays.copyOfRange(file, digestAt, file.length))) {
      throw new ModelFormatException(
          Reason.ALTERED, source, digestAt, "its bytes do not have the digest that ends it");
    }
    if (version == OLDEST) {
      return new ModelSeal(file, version, digestAt, List.of());
    }
    int countAt = digestAt - 1;
    int count = countAt < HEADER_BYTES ? 0 : file[countAt] & 0xff;
    int end = countAt - count * MARK_BYTES;
    if (count > MOST_MARKS || end < HEADER_BYTES) {
      throw new ModelFormatException(
          Reason.MALFORMED,
          source,
          Math.max(countAt, 0),
          "it says that it has " + count + " signatures");
    }
    List<Mark> marks = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      int at = end + i * MARK_BYTES;
      String id = HexFormat.of().formatHex(file, at, at + TrustedKey.ID_BYTES);
      marks.add(new Mark(id, at + TrustedKey.ID_BYTES));
    }
    return new ModelSeal(file, version, end, List.copyOf(marks));
  }

  /** Returns the version of the format that a file says it has. */
  private static int header(byte[] file, String source) {
    ByteBuffer header = ByteBuffer.wrap(file);
    if (file.length < 8 || header.getLong() != MAGIC) {
      throw new ModelFormatException(
          Reason.NOT_A_MODEL, source, 0, "it does not begin with a model's 8 bytes");
    }
    if (file.length < HEADER_BYTES) {
      throw new ModelFormatException(
          Reason.TRUNCATED, source, file.length, "its header has " + HEADER_BYTES + " bytes");
    }
    int version = header.getInt();
    if (version < OLDEST || version > VERSION) {
      throw new ModelFormatException(
          Reason.UNKNOWN_VERSION,
          source,
          8,
          "it is of version " + version + ", this reader reads " + OLDEST + " to " + VERSION);
    }
    int length = header.getInt();
    if (length < HEADER_BYTES + DIGEST_BYTES || length > MAX_BYTES) {
      throw new ModelFormatException(
          Reason.ALTERED, source, LENGTH_OFFSET, "it says that it has " + length + " bytes");
    }
    if (length != file.length) {
      throw new ModelFormatException(
          length > file.length ? Reason.TRUNCATED : Reason.TRAILING_BYTES,
          source,
          Math.min(length, file.length),
          "it has " + file.length + " bytes, and says that it has " + length);
    }
    return version;
  }

  private static byte[] digest(byte[] file, int to) {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      digest.update(file, 0, to);
      return digest.digest();
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("Cannot verify models: this Java has no SHA-256", e);
    }
  }

  /**
   * Returns a file whole: its content, after a header that is made here, then signatures, and the
   * digest.
   *
   * @param content what a signature covers
   * @param marks of {@link #MARK_BYTES} each: a key's id and its signature
   * @throws IllegalArgumentException if that is more than {@link #MAX_BYTES}, or more than {@link
   *     #MOST_MARKS} signatures
   */
  public static byte[] seal(byte[] content, byte[] marks) {
    long length = (long) HEADER_BYTES + content.length + marks.length + 1 + DIGEST_BYTES;
    int count = marks.length / MARK_BYTES;
    if (length > MAX_BYTES) {
      throw new IllegalArgumentException(
          "Cannot freeze a model into " + length + " bytes: most is " + MAX_BYTES);
    }
    if (count > MOST_MARKS || count * MARK_BYTES != marks.length) {
      throw new IllegalArgumentException(
          "Cannot seal a model with " + count + " signatures: most is " + MOST_MARKS);
    }
    byte[] file =
        ByteBuffer.allocate((int) length)
            .putLong(MAGIC)
            .putInt(VERSION)
            .putInt((int) length)
            .put(content)
            .put(marks)
            .put((byte) count)
            .array();
    int digestAt = file.length - DIGEST_BYTES;
    System.arraycopy(digest(file, digestAt), 0, file, digestAt, DIGEST_BYTES);
    return file;
  }

  /** Returns the version of the file's format. */
  public int version() {
    return version;
  }

  /** Returns the ids of the keys that the file says have signed it; nothing of it is verified. */
  public List<String> keyIds() {
    return marks.stream().map(Mark::keyId).toList();
  }

  /** Returns a copy of what signatures cover of the file. */
  public byte[] content() {
    return Arrays.copyOfRange(file, HEADER_BYTES, end);
  }

  /** Returns a copy of the signatures. */
  public byte[] marks() {
    return Arrays.copyOfRange(file, end, end + marks.size() * MARK_BYTES);
  }

  /** Returns where the content ends. */
  int end() {
    return end;
  }

  /** Gives a signature what it covers: a prefix, the version, and the content. */
  public void update(Signature signature) throws SignatureException {
    signature.update(CONTEXT);
    signature.update((byte) version);
    signature.update(file, HEADER_BYTES, end - HEADER_BYTES);
  }

  boolean verify(Signature signature, Mark mark) throws SignatureException {
    return signature.verify(file, mark.offset(), MARK_BYTES - TrustedKey.ID_BYTES);
  }

  /**
   * Refuses a file that nobody signed whom a policy trusts.
   *
   * @param source what to call the file in messages
   */
  void mustBeTrusted(ServingPolicy policy, String source) {
    if (policy.keys().isEmpty()) {
      return;
    }
    String trusted =
        "trusted: " + policy.keys().stream().map(TrustedKey::id).collect(Collectors.joining(", "));
    if (marks.isEmpty()) {
      throw new ModelFormatException(Reason.UNSIGNED, source, end, "nobody signed it; " + trusted);
    }
    boolean known = false;
    for (Mark mark : marks) {
      for (TrustedKey key : policy.keys()) {
        if (key.id().equals(mark.keyId())) {
          if (!key.signed(this, mark)) {
            throw new ModelFormatException(
                Reason.FORGED,
                source,
                mark.offset(),
                "its signature is not of key " + key.id() + ", which it names");
          }
          known = true;
        }
      }
    }
    if (!known) {
      throw new ModelFormatException(
          Reason.UNKNOWN_KEY,
          source,
          end,
          "it is signed by " + String.join(", ", keyIds()) + "; " + trusted);
    }
  }
}
