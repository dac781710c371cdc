package dev.gradine.io;

import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;

/// Reads the table of tensors that `torch.save` pickled, and runs nothing: a pickle is a program for a small stack
/// machine that may call any function of Python, so each of its instructions is one of a few that build plain values,
/// and each name that it calls one of three.
///
/// ```
/// collections.OrderedDict()                                                    a map
/// torch._utils._rebuild_tensor_v2(storage, offset, sizes, strides, …)          a `View`
/// torch._utils._rebuild_parameter(view, …)                                     that view
/// persistent id ("storage", torch.XStorage, key, place, values)                a `Storage`
/// ```
///
/// Instructions: Python's `pickletools`, protocols 2 to 5.
final class TorchPickle {

    /// Values of one type in a part of the archive.
    ///
    /// @param type as torch calls it, such as `FloatStorage`
    /// @param key name of the part below `data/`
    record Storage(String type, String key, long values) {}

    /// A tensor: some values of a storage.
    record View(Storage storage, long offset, List<Long> sizes, List<Long> strides) {}

    private record Name(String module, String name) {
        @Override
        public String toString() {
            return module + "." + name;
        }
    }

    private static final Name MAP = new Name("collections", "OrderedDict");
    private static final Name TENSOR = new Name("torch._utils", "_rebuild_tensor_v2");
    private static final Name PARAMETER = new Name("torch._utils", "_rebuild_parameter");
    private static final Object MARK = new Object();
    private static final Object NONE = new Object();

    private final Path file;
    private final ByteBuffer in;
    private final List<Object> stack = new ArrayList<>();
    private final Map<Integer, Object> memo = new HashMap<>();

    private TorchPickle(Path file, byte[] program) {
        this.file = file;
        this.in = ByteBuffer.wrap(program).order(ByteOrder.LITTLE_ENDIAN);
    }

    /// The value that a pickle builds: a map, list, text, number, `View`.
    ///
    /// @throws CheckpointException names an instruction or a call that is not allowed, and where it stands
    static Object read(Path file, byte[] program) {
        TorchPickle p = new TorchPickle(file, program);
        try {
            return p.run();
        } catch (BufferUnderflowException | IndexOutOfBoundsException | NoSuchElementException | ClassCastException _) {
            throw p.fault("is damaged");
        }
    }

    private Object run() {
        while (true) {
            int op = in.get() & 0xff;
            if (op == '.') return pop();
            if (!number(op) && !text(op) && !container(op) && !memory(op) && !call(op)) {
                throw fault("has instruction 0x%02x, which tables of tensors do not need".formatted(op));
            }
        }
    }

    private boolean number(int op) {
        switch (op) {
            case 'N' -> push(NONE);
            case 0x88 -> push(true);
            case 0x89 -> push(false);
            case 'J' -> push((long) in.getInt());
            case 'K' -> push((long) (in.get() & 0xff));
            case 'M' -> push((long) (in.getShort() & 0xffff));
            case 0x8a -> push(whole(in.get() & 0xff));
            case 'G' -> push(Double.longBitsToDouble(Long.reverseBytes(in.getLong())));
            default -> {
                return false;
            }
        }
        return true;
    }

    private long whole(int bytes) {
        if (bytes > 8) throw fault("has a number of %d bytes, expected at most 8".formatted(bytes));
        long value = 0;
        for (int i = 0; i < bytes; i++) value |= (in.get() & 0xffL) << (8 * i);
        int unused = 64 - 8 * bytes;
        return bytes == 0 ? 0 : value << unused >> unused;
    }

    private boolean text(int op) {
        switch (op) {
            case 'X' -> push(string(in.getInt()));
            case 0x8c -> push(string(in.get() & 0xff));
            case 'c' -> push(new Name(line(), line()));
            case 0x93 -> {
                String name = (String) pop();
                push(new Name((String) pop(), name));
            }
            default -> {
                return false;
            }
        }
        return true;
    }

    private String string(int bytes) {
        if (bytes < 0 || bytes > in.remaining()) throw fault("has a text of %d bytes".formatted(bytes & 0xffff_ffffL));
        byte[] text = new byte[bytes];
        in.get(text);
        return new String(text, StandardCharsets.UTF_8);
    }

    private String line() {
        int from = in.position();
        while (in.get() != '\n') {}
        return new String(in.array(), from, in.position() - 1 - from, StandardCharsets.UTF_8);
    }

    private boolean container(int op) {
        switch (op) {
            case '(' -> push(MARK);
            case ')', ']' -> push(new ArrayList<>());
            case '}' -> push(new LinkedHashMap<>());
            case 't', 'l' -> push(behindMark());
            case 0x85, 0x86, 0x87 -> push(last(op - 0x84));
            case 'a' -> {
                Object value = pop();
                list().add(value);
            }
            case 'e' -> {
                List<Object> more = behindMark();
                list().addAll(more);
            }
            case 's' -> put(last(2));
            case 'u' -> put(behindMark());
            default -> {
                return false;
            }
        }
        return true;
    }

    private void put(List<Object> pairs) {
        Map<Object, Object> map = map(top());
        for (int i = 0; i < pairs.size(); i += 2) {
            if (!(pairs.get(i) instanceof String key)) throw fault("has a map whose keys are no texts");
            map.put(key, pairs.get(i + 1));
        }
    }

    private boolean memory(int op) {
        switch (op) {
            case 0x80 -> in.get(); // the protocol
            case 0x95 -> in.getLong(); // the length of a frame
            case 'q' -> memo.put(in.get() & 0xff, top());
            case 'r' -> memo.put(in.getInt(), top());
            case 0x94 -> memo.put(memo.size(), top());
            case 'h' -> recall(in.get() & 0xff);
            case 'j' -> recall(in.getInt());
            default -> {
                return false;
            }
        }
        return true;
    }

    private void recall(int place) {
        Object value = memo.get(place);
        if (value == null) throw fault("recalls place %d, where nothing is".formatted(place));
        push(value);
    }

    private boolean call(int op) {
        switch (op) {
            case 'R' -> {
                List<?> arguments = (List<?>) pop();
                push(called((Name) pop(), arguments));
            }
            case 'Q' -> push(storage((List<?>) pop()));
            case 'b' -> { // attributes of a map, such as the versions of modules
                Object attributes = pop();
                if (!(attributes instanceof Map<?, ?>) || !(top() instanceof Map<?, ?>)) {
                    throw fault("sets the state of what is no map");
                }
            }
            default -> {
                return false;
            }
        }
        return true;
    }

    private Object called(Name name, List<?> arguments) {
        if (name.equals(MAP) && arguments.isEmpty()) return new LinkedHashMap<>();
        if (name.equals(TENSOR)) {
            return new View(
                    (Storage) arguments.get(0),
                    (Long) arguments.get(1),
                    wholes((List<?>) arguments.get(2)),
                    wholes((List<?>) arguments.get(3)));
        }
        if (name.equals(PARAMETER) && arguments.getFirst() instanceof View v) return v;
        throw fault("calls %s, expected tensors alone; nothing was run".formatted(Shown.of(name.toString())));
    }

    private static List<Long> wholes(List<?> values) {
        return values.stream().map(Long.class::cast).toList();
    }

    private Storage storage(List<?> id) {
        if (id.size() != 5
                || !"storage".equals(id.get(0))
                || !((Name) id.get(1)).module().equals("torch")) {
            throw fault("refers to what is no storage of torch");
        }
        return new Storage(((Name) id.get(1)).name(), (String) id.get(2), (Long) id.get(4));
    }

    private void push(Object value) {
        stack.add(value);
    }

    private Object pop() {
        return stack.removeLast();
    }

    private Object top() {
        return stack.getLast();
    }

    private List<Object> last(int n) {
        List<Object> part = stack.subList(stack.size() - n, stack.size());
        List<Object> taken = new ArrayList<>(part);
        part.clear();
        return taken;
    }

    private List<Object> behindMark() {
        List<Object> taken = last(stack.size() - 1 - stack.lastIndexOf(MARK));
        pop();
        return taken;
    }

    @SuppressWarnings("unchecked") // only lists of objects are made here
    private List<Object> list() {
        return (List<Object>) top();
    }

    @SuppressWarnings("unchecked") // only maps of objects are made here
    private static Map<Object, Object> map(Object value) {
        return (Map<Object, Object>) value;
    }

    private CheckpointException fault(String what) {
        return new CheckpointException(file, "data.pkl %s (byte %d)".formatted(what, in.position()));
    }
}
