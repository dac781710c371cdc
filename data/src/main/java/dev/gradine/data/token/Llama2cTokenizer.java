package dev.gradine.data.token;

import static dev.gradine.data.token.TokenizerException.require;

import java.io.IOException;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/// Reads llama2.c's SentencePiece export (`tok512.bin`).
///
/// ```
/// file  = int32 longest piece in bytes, then until the end: float32 score, int32 length, length bytes
/// ```
///
/// Little endian. The export writes `▁` as a space; ids 0, 1, 2 are unknown, BOS, EOS and 3 to 258 are the bytes.
public final class Llama2cTokenizer {
    private static final long MAX_FILE = 1 << 28;
    private static final int FIRST_BYTE = 3;

    private Llama2cTokenizer() {}

    /// Reads the file.
    ///
    /// @throws IOException if it cannot be read
    /// @throws TokenizerException if it is not such an export
    public static Tokenizer read(Path file) throws IOException {
        String what = String.valueOf(file.getFileName());
        long size = Files.size(file);
        require(size <= MAX_FILE, what + ": is " + size + " bytes, expected at most " + MAX_FILE);
        return parse(what, Files.readAllBytes(file));
    }

    static Tokenizer parse(String what, byte[] bytes) {
        ByteBuffer in = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        List<String> pieces = new ArrayList<>();
        List<Float> scores = new ArrayList<>();
        try {
            int longest = in.getInt();
            while (in.hasRemaining()) {
                scores.add(in.getFloat());
                pieces.add(piece(what, in, pieces.size(), longest));
            }
        } catch (BufferUnderflowException e) {
            throw new TokenizerException(what + ": token " + pieces.size() + " is cut off at the end of the file", e);
        }
        require(
                pieces.size() >= FIRST_BYTE + 256,
                what + ": has " + pieces.size() + " tokens, expected at least " + (FIRST_BYTE + 256)
                        + " (3 marks and 256 bytes)");
        int[] kinds = new int[pieces.size()];
        Arrays.fill(kinds, PieceTable.NORMAL);
        Arrays.fill(kinds, 0, FIRST_BYTE, PieceTable.CONTROL);
        kinds[0] = PieceTable.UNKNOWN;
        Arrays.fill(kinds, FIRST_BYTE, FIRST_BYTE + 256, PieceTable.BYTE);
        pieces.set(0, "<unk>");
        pieces.set(1, "<s>");
        pieces.set(2, "</s>");
        for (int b = 0; b < 256; b++) pieces.set(FIRST_BYTE + b, String.format("<0x%02X>", b));
        float[] values = new float[scores.size()];
        for (int i = 0; i < values.length; i++) values[i] = scores.get(i);
        var table = new PieceTable(what, pieces.toArray(String[]::new), values, kinds);
        var options = new SentencePieceTokenizer.Options(PieceNormalizer.spaces(true), false, true, false);
        return new SentencePieceTokenizer(table, new SpecialTokens(1, 2, SpecialTokens.NONE), options, List.of());
    }

    private static String piece(String what, ByteBuffer in, int id, int longest) {
        int length = in.getInt();
        require(
                length >= 0 && length <= Math.max(longest, 8) && length <= in.remaining(),
                what + ": token " + id + " has length " + length + ", expected 0 to " + longest);
        ByteBuffer slice = in.slice(in.position(), length);
        in.position(in.position() + length);
        try {
            String s = StandardCharsets.UTF_8.newDecoder().decode(slice).toString();
            return s.replace(' ', SentencePieceTokenizer.SPACE);
        } catch (CharacterCodingException e) {
            throw new TokenizerException(what + ": token " + id + " is not UTF-8", e);
        }
    }
}
