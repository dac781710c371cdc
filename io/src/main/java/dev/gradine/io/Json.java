package dev.gradine.io;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.core.TokenStreamLocation;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.core.util.DefaultIndenter;
import tools.jackson.core.util.DefaultPrettyPrinter;
import tools.jackson.core.util.Separators;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.ObjectReader;
import tools.jackson.databind.ObjectWriter;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.exc.MismatchedInputException;
import tools.jackson.databind.exc.UnrecognizedPropertyException;
import tools.jackson.databind.json.JsonMapper;

/// JSON without mercy: a key twice, a key nobody knows, text after the end, or a document built to exhaust us is an
/// error with file, line and column.
///
/// Written documents look as Python's `json.dumps(x, indent=2, sort_keys=True)` makes them: no newline at
/// the end. NaN and infinity, which JSON lacks, become texts.
public final class Json {

    /// Largest document read, in bytes; tokenizers reach 30 MB.
    public static final long MAX_BYTES = 256L << 20;

    private static final StreamReadConstraints LIMITS = StreamReadConstraints.builder()
            .maxNestingDepth(100)
            .maxDocumentLength(MAX_BYTES)
            .maxTokenCount(16L << 20)
            .maxStringLength(64 << 20)
            .maxNumberLength(400)
            .build();

    private static final JsonMapper MAPPER = JsonMapper.builder(
                    JsonFactory.builder().streamReadConstraints(LIMITS).build())
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
            .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
            .build();

    private static final ObjectReader READER = MAPPER.reader();

    private static final ObjectWriter PRETTY = MAPPER.writer()
            .with(new DefaultPrettyPrinter(Separators.createDefaultInstance()
                            .withObjectNameValueSpacing(Separators.Spacing.AFTER)
                            .withObjectEmptySeparator("")
                            .withArrayEmptySeparator(""))
                    .withObjectIndenter(new DefaultIndenter("  ", "\n"))
                    .withArrayIndenter(new DefaultIndenter("  ", "\n")))
            .with(SerializationFeature.ORDER_MAP_ENTRIES_BY_KEYS);

    private Json() {}

    /// Reads a file that holds one object. Values are `String`, `Integer`, `Long`, `BigInteger`, `Double`, `Boolean`,
    /// `List`, `Map`, or null for JSON's null.
    ///
    /// @throws CheckpointException names the file, line, column and cause
    public static Map<String, Object> readObject(Path file) {
        return parseObject(file.toString(), bytes(file));
    }

    /// Reads a file into a record; a key that is no component of it is an error.
    ///
    /// @throws CheckpointException names the file, line and column, or the path of an unknown key, and the cause
    public static <T> T read(Path file, Class<T> type) {
        return parse(file.toString(), bytes(file), type);
    }

    /// Reads one object from UTF-8 text.
    ///
    /// @param where the place that messages name, such as a file and a line of it
    /// @throws CheckpointException names the place, line, column and cause
    @SuppressWarnings("unchecked") // JSON object keys are strings
    public static Map<String, Object> parseObject(String where, byte[] utf8) {
        int first = 0;
        while (first < utf8.length && utf8[first] <= ' ' && utf8[first] >= 0) first++;
        if (first < utf8.length && utf8[first] != '{') {
            throw new CheckpointException(where + ": line 1: expected a JSON object, { ... }");
        }
        return parse(where, utf8, Map.class);
    }

    /// Reads a value of the given type from UTF-8 text.
    ///
    /// @param where the place that messages name
    /// @throws CheckpointException names the place, line, column and cause
    public static <T> T parse(String where, byte[] utf8, Class<T> type) {
        try {
            return READER.forType(type).readValue(utf8);
        } catch (JacksonException e) {
            TokenStreamLocation at = e.getLocation();
            String place = at == null || at.getLineNr() < 1
                    ? ""
                    : ": line %d, column %d".formatted(at.getLineNr(), at.getColumnNr());
            throw CheckpointException.of(where + place + ": " + cause(e), e);
        }
    }

    /// Indented text, keys sorted, no newline at the end.
    public static String text(Object value) {
        return PRETTY.writeValueAsString(value);
    }

    /// One line without spaces, keys in the order of the map: for JSONL.
    public static String line(Object value) {
        return MAPPER.writeValueAsString(value);
    }

    /// Writes `text(value)`, atomically.
    ///
    /// @throws CheckpointException if the file cannot be written
    public static void write(Path file, Object value) {
        AtomicFiles.writeText(file, text(value));
    }

    private static byte[] bytes(Path file) {
        try {
            if (Files.isDirectory(file)) throw new CheckpointException(file, "is a folder, expected a JSON file");
            long size = Files.size(file);
            if (size > MAX_BYTES) {
                throw new CheckpointException(file, "%d bytes, expected at most %d".formatted(size, MAX_BYTES));
            }
            return Files.readAllBytes(file);
        } catch (IOException e) {
            throw CheckpointException.of(file, "cannot be read", e);
        }
    }

    private static String cause(JacksonException e) {
        if (e instanceof UnrecognizedPropertyException u) {
            return "unknown key \"%s\", expected one of %s".formatted(key(u), u.getKnownPropertyIds());
        }
        if (e instanceof MismatchedInputException m) return mismatch(m);
        String message = e.getOriginalMessage()
                .replaceAll(", from `StreamReadConstraints[^`]*`", "")
                .replaceAll(": enable `[^`]*` to allow", ", which JSON does not have")
                .replaceAll(" \\([^()]* at \\[Source: .*?]\\)", "");
        return message.length() > 300 ? message.substring(0, 300) + " ..." : message;
    }

    /// What a value is not, without the names of Java's types.
    private static String mismatch(MismatchedInputException e) {
        String message = e.getOriginalMessage();
        if (message.startsWith("No content")) return "is empty, expected JSON";
        if (message.startsWith("Trailing token")) return "text after the end, expected one value";
        Class<?> type = e.getTargetType();
        String key = e.getPath().isEmpty() ? "a value" : key(e);
        return "%s cannot be read, expected %s".formatted(key, expected(type));
    }

    private static String expected(@Nullable Class<?> type) {
        if (type == null) return "another value";
        if (type == boolean.class || type == Boolean.class) return "true or false";
        if (type == int.class || type == long.class || type == Integer.class || type == Long.class) {
            return "a whole number";
        }
        if (type.isPrimitive() || Number.class.isAssignableFrom(type)) return "a number";
        if (CharSequence.class.isAssignableFrom(type)) return "a string";
        return Collection.class.isAssignableFrom(type) || type.isArray() ? "a list, [ ... ]" : "an object, { ... }";
    }

    /// The way to a key from the outermost object, such as `adapter.rnak`: Jackson buffers what a record is made of and
    /// forgets the line.
    private static String key(JacksonException e) {
        StringBuilder path = new StringBuilder();
        for (JacksonException.Reference r : e.getPath()) {
            String name = r.getPropertyName();
            if (name == null) path.append("[%d]".formatted(r.getIndex()));
            else path.append(path.isEmpty() ? "" : ".").append(name);
        }
        return path.toString();
    }
}
