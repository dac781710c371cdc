package dev.gradine.data.encode;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/// Examples as bytes, and back: of sequences, pairs and judged answers.
///
/// ```
/// rows, left out, broken, cut (rows, tokens, answers), longest (tokens, row), n; then n examples, each with its kind
/// ```
public final class EncodedFile {

    private static final int SEQUENCE = 0;
    private static final int PAIR = 1;
    private static final int JUDGED = 2;

    private EncodedFile() {}

    /// Whether these examples can be written: all but questions whose answers are sampled.
    public static boolean takes(Encoded<?> encoded) {
        Object first = encoded.examples().getFirst();
        return first instanceof LabelledTokens || first instanceof Pair || first instanceof Judged;
    }

    /// As bytes.
    public static byte[] write(Encoded<?> encoded) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        DataOutputStream out = new DataOutputStream(bytes);
        RowCounts c = encoded.counts();
        for (int n : new int[] {
            c.rows(), c.leftOut(), c.broken(), c.cut().rows(), c.cut().answers()
        }) out.writeInt(n);
        out.writeLong(c.cut().tokens());
        out.writeInt(c.longest().tokens());
        out.writeInt(c.longest().row());
        out.writeInt(encoded.examples().size());
        for (Object e : encoded.examples()) example(e, out);
        return bytes.toByteArray();
    }

    private static void example(Object example, DataOutputStream out) throws IOException {
        switch (example) {
            case LabelledTokens l -> {
                out.writeByte(SEQUENCE);
                sequence(l, out);
            }
            case Pair p -> {
                out.writeByte(PAIR);
                sequence(p.chosen(), out);
                sequence(p.rejected(), out);
                out.writeInt(p.reference().size());
                for (LabelledTokens r : p.reference()) sequence(r, out);
                out.writeDouble(p.margin());
            }
            case Judged j -> {
                out.writeByte(JUDGED);
                sequence(j.answer(), out);
                out.writeBoolean(j.desirable());
                sequence(j.stranger(), out);
            }
            default -> throw new IllegalArgumentException("encoded: " + example + ", expected one that can be written");
        }
    }

    private static void sequence(LabelledTokens l, DataOutputStream out) throws IOException {
        out.writeInt(l.tokens());
        for (int id : l.ids()) out.writeInt(id);
        for (int label : l.labels()) out.writeInt(label);
    }

    /// From bytes.
    ///
    /// @throws IOException if they are none that were written
    @SuppressWarnings("unchecked") // what was written under a key is of the kind that is read under it
    public static <E> Encoded<E> read(byte[] bytes) throws IOException {
        DataInputStream in = new DataInputStream(new ByteArrayInputStream(bytes));
        int rows = in.readInt();
        int leftOut = in.readInt();
        int broken = in.readInt();
        int cutRows = in.readInt();
        int answers = in.readInt();
        RowCounts.Cut cut = new RowCounts.Cut(cutRows, in.readLong(), answers);
        RowCounts counts = new RowCounts(rows, leftOut, broken, cut, new RowCounts.Longest(in.readInt(), in.readInt()));
        int n = in.readInt();
        List<E> examples = new ArrayList<>();
        for (int i = 0; i < n; i++) examples.add((E) example(in));
        if (in.read() >= 0) throw new IOException("more bytes than examples");
        return new Encoded<>(examples, counts);
    }

    private static Object example(DataInputStream in) throws IOException {
        int kind = in.readByte();
        LabelledTokens first = sequence(in);
        if (kind == SEQUENCE) return first;
        if (kind == JUDGED) return new Judged(first, in.readBoolean(), sequence(in));
        if (kind != PAIR) throw new IOException("kind of an example is " + kind);
        LabelledTokens rejected = sequence(in);
        List<LabelledTokens> reference = new ArrayList<>();
        for (int i = in.readInt(); i > 0; i--) reference.add(sequence(in));
        return new Pair(first, rejected, reference, in.readDouble());
    }

    private static LabelledTokens sequence(DataInputStream in) throws IOException {
        int n = in.readInt();
        if (n < 1 || n > in.available() / (2 * Integer.BYTES)) throw new IOException(n + " tokens of a sequence");
        int[] ids = new int[n];
        int[] labels = new int[n];
        for (int t = 0; t < n; t++) ids[t] = in.readInt();
        for (int t = 0; t < n; t++) labels[t] = in.readInt();
        return new LabelledTokens(ids, labels);
    }
}
