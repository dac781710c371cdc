package dev.gradine.data.file;

import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// Reads structures in Thrift's compact protocol, in which Parquet describes itself: of each its fields
/// by their numbers.
///
/// Truths are `Boolean`, whole numbers `Long`, texts `byte[]`. Nothing longer than the bytes there are
/// is made.
///
/// @param in positioned at a structure
record Thrift(ByteBuffer in) {

    private static final int DEEPEST = 32;

    /// Fields of a structure by number.
    record Struct(Map<Integer, Object> fields) {

        boolean has(int field) {
            return fields.containsKey(field);
        }

        /// A whole number.
        ///
        /// @throws IllegalArgumentException if there is none
        long number(int field) {
            if (fields.get(field) instanceof Long value) return value;
            throw new IllegalArgumentException("a number is missing where one has to be");
        }

        /// A truth, or another value where there is none.
        boolean flag(int field, boolean otherwise) {
            return fields.get(field) instanceof Boolean value ? value : otherwise;
        }

        /// A structure in this one.
        ///
        /// @throws IllegalArgumentException if there is none
        Struct inside(int field) {
            if (fields.get(field) instanceof Struct value) return value;
            throw new IllegalArgumentException("a structure is missing where one has to be");
        }

        /// The structures of a list.
        ///
        /// @throws IllegalArgumentException if there is no such list
        List<Struct> all(int field) {
            List<Struct> out = new ArrayList<>();
            if (!(fields.get(field) instanceof List<?> list)) {
                throw new IllegalArgumentException("a list is missing where one has to be");
            }
            for (Object o : list) {
                if (!(o instanceof Struct s)) throw new IllegalArgumentException("a list holds no structures");
                out.add(s);
            }
            return out;
        }
    }

    /// The structure at the buffer's position, which is behind it then.
    ///
    /// @throws IllegalArgumentException if there is none
    Struct struct() {
        try {
            return struct(0);
        } catch (BufferUnderflowException e) {
            throw new IllegalArgumentException("a structure goes on behind the end", e);
        }
    }

    /// The number at the buffer's position, seven bits a byte, the lowest first.
    ///
    /// @throws IllegalArgumentException if there is none
    long length() {
        try {
            return varint();
        } catch (BufferUnderflowException e) {
            throw new IllegalArgumentException("a number goes on behind the end", e);
        }
    }

    private Struct struct(int depth) {
        if (depth > DEEPEST) throw new IllegalArgumentException("structures are nested too deep");
        Map<Integer, Object> fields = new LinkedHashMap<>();
        int field = 0;
        for (int head = in.get() & 0xFF; head != 0; head = in.get() & 0xFF) {
            field = head >> 4 == 0 ? (int) zigzag() : field + (head >> 4);
            int type = head & 0xF;
            fields.put(field, type == 1 || type == 2 ? (Object) (type == 1) : value(type, depth));
        }
        return new Struct(fields);
    }

    private Object value(int type, int depth) {
        return switch (type) {
            case 1, 2 -> in.get() == 1;
            case 3 -> (long) in.get();
            case 4, 5, 6 -> zigzag();
            case 7 -> bytes(Double.BYTES);
            case 8 -> bytes(size(varint()));
            case 9, 10 -> list(depth + 1);
            case 11 -> map(depth + 1);
            case 12 -> struct(depth + 1);
            default -> throw new IllegalArgumentException("a field is of unknown type " + type);
        };
    }

    private List<Object> list(int depth) {
        int head = in.get() & 0xFF;
        int count = head >> 4 == 15 ? size(varint()) : size(head >> 4);
        List<Object> out = new ArrayList<>();
        for (int i = 0; i < count; i++) out.add(value(head & 0xF, depth));
        return out;
    }

    private List<Object> map(int depth) {
        int count = size(varint());
        List<Object> out = new ArrayList<>();
        if (count == 0) return out;
        int types = in.get() & 0xFF;
        for (int i = 0; i < count; i++) {
            out.add(value(types >> 4, depth));
            out.add(value(types & 0xF, depth));
        }
        return out;
    }

    private byte[] bytes(int size) {
        byte[] out = new byte[size(size)];
        in.get(out);
        return out;
    }

    /// Each of so many things takes a byte at least.
    private int size(long size) {
        if (size >= 0 && size <= in.remaining()) return (int) size;
        throw new IllegalArgumentException("a list or text goes on behind the end");
    }

    private long zigzag() {
        long n = varint();
        return (n >>> 1) ^ -(n & 1);
    }

    private long varint() {
        long n = 0;
        for (int shift = 0; shift < Long.SIZE; shift += 7) {
            byte b = in.get();
            n |= (long) (b & 0x7F) << shift;
            if (b >= 0) return n;
        }
        throw new IllegalArgumentException("a number is too long");
    }
}
