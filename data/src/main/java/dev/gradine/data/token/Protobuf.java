package dev.gradine.data.token;

import static dev.gradine.data.token.TokenizerException.require;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.CharacterCodingException;

/// The fields of one protobuf message, one after the other; every length is checked against what is left.
///
/// ```
/// field = varint(number · 8 + kind), then   kind 0: varint   1: 8 bytes   2: varint length, bytes   5: 4 bytes
/// ```
///
/// The wire format is described at protobuf.dev/programming-guides/encoding. Groups (kinds 3 and 4), which nothing
/// writes any more, are refused.
final class Protobuf {
    private final String what;
    private final ByteBuffer in;
    private int number;
    private int kind;
    private long value;
    private ByteBuffer bytes = ByteBuffer.allocate(0);

    /// @param what file and message, named in errors
    Protobuf(String what, ByteBuffer in) {
        this.what = what;
        this.in = in.duplicate().order(ByteOrder.LITTLE_ENDIAN);
    }

    /// Reads the next field; false at the end of the message.
    boolean next() {
        if (!in.hasRemaining()) return false;
        long tag = varint();
        require(tag >>> 3 > 0 && tag >>> 3 < 1 << 29, what + ": field number is " + (tag >>> 3) + " at " + at());
        number = (int) (tag >>> 3);
        kind = (int) (tag & 7);
        switch (kind) {
            case 0 -> value = varint();
            case 1 -> value = need(8).getLong();
            case 2 -> {
                long length = varint();
                require(
                        length >= 0 && length <= in.remaining(),
                        what + ": field " + number + " has " + Long.toUnsignedString(length)
                                + " bytes, expected at most " + in.remaining() + ", what is left of the message");
                bytes = in.slice(in.position(), (int) length);
                in.position(in.position() + (int) length);
            }
            case 5 -> value = need(4).getInt();
            default ->
                throw new TokenizerException(
                        what + ": field " + number + " has wire type " + kind + ", expected 0, 1, 2 or 5");
        }
        return true;
    }

    /// The number of the field read last.
    int number() {
        return number;
    }

    /// It as an integer.
    int integer() {
        expect(0, "an integer");
        return (int) value;
    }

    /// It as a flag.
    boolean flag() {
        return integer() != 0;
    }

    /// It as a float.
    float real() {
        expect(5, "a float");
        return Float.intBitsToFloat((int) value);
    }

    /// It as bytes.
    byte[] bytes() {
        expect(2, "bytes");
        byte[] out = new byte[bytes.remaining()];
        bytes.get(bytes.position(), out);
        return out;
    }

    /// It as text.
    String text() {
        expect(2, "a text");
        try {
            return UTF_8.newDecoder().decode(bytes.duplicate()).toString();
        } catch (CharacterCodingException e) {
            throw new TokenizerException(what + ": field " + number + " is not UTF-8", e);
        }
    }

    /// It as a message.
    Protobuf message(String name) {
        expect(2, "a message");
        return new Protobuf(name, bytes);
    }

    private void expect(int wanted, String as) {
        require(kind == wanted, what + ": field " + number + " has wire type " + kind + ", expected " + as);
    }

    private ByteBuffer need(int count) {
        require(in.remaining() >= count, what + ": is cut off at " + at());
        return in;
    }

    private long varint() {
        long out = 0;
        for (int shift = 0; shift < 64; shift += 7) {
            byte b = need(1).get();
            out |= (long) (b & 0x7F) << shift;
            if (b >= 0) return out;
        }
        throw new TokenizerException(what + ": an integer has more than ten bytes at " + at());
    }

    private String at() {
        return "byte " + in.position();
    }
}
