package dev.gradine.cli.fuzz;

import dev.gradine.testkit.fuzz.FileKind;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import tools.jackson.core.json.JsonWriteFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/// Changes one to three entries of a JSON file, which mostly stays JSON, and now and then its text.
///
/// @param keys that objects may get
/// @param words that become texts, whole or in part
/// @param parts JSON that may stand anywhere
record JsonChange(List<String> keys, List<String> words, List<String> parts) implements FileKind.Change {

    /// Writes ASCII, so that half of a surrogate pair comes through as an escape.
    private static final JsonMapper JSON =
            JsonMapper.builder().enable(JsonWriteFeature.ESCAPE_NON_ASCII).build();

    @Override
    public byte[] of(byte[] original, SplittableRandom random) {
        String text = changed(new String(original, StandardCharsets.UTF_8), random);
        if (random.nextInt(12) == 0) text = scratched(text, random);
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private String changed(String json, SplittableRandom random) {
        JsonNode root = JSON.readTree(json);
        int changes = 1 + random.nextInt(3) * random.nextInt(2);
        for (int i = 0; i < changes; i++) change(root, random);
        return JSON.writeValueAsString(root);
    }

    private static <T> T pick(List<T> list, SplittableRandom random) {
        return list.get(random.nextInt(list.size()));
    }

    /// Changes one entry somewhere in the tree.
    private void change(JsonNode root, SplittableRandom random) {
        List<JsonNode> containers = new ArrayList<>();
        collect(root, containers);
        switch (pick(containers, random)) {
            case ObjectNode o -> {
                List<String> names = new ArrayList<>(o.propertyNames());
                String name = names.isEmpty() || random.nextInt(8) == 0 ? pick(keys, random) : pick(names, random);
                if (random.nextInt(6) == 0) o.remove(name);
                else
                    o.set(
                            random.nextInt(10) == 0 ? pick(words, random) : name,
                            value(o.path(name), containers, random));
            }
            case ArrayNode a -> {
                int at = random.nextInt(a.size() + 1);
                if (at < a.size() && random.nextInt(4) == 0) a.remove(at);
                else if (at < a.size() && random.nextBoolean()) a.set(at, value(a.get(at), containers, random));
                else a.insert(at, value(a.path(0), containers, random));
            }
            default -> throw new IllegalStateException("json: no entries");
        }
    }

    private static void collect(JsonNode node, List<JsonNode> into) {
        if (!node.isContainer()) return;
        into.add(node);
        node.forEach(child -> collect(child, into));
    }

    private JsonNode value(JsonNode now, List<JsonNode> elsewhere, SplittableRandom random) {
        JsonNodeFactory f = JsonNodeFactory.instance;
        return switch (random.nextInt(12)) {
            case 0 -> f.nullNode();
            case 1 -> f.booleanNode(random.nextBoolean());
            case 2 -> f.numberNode(random.nextInt(12) - 1);
            case 3 -> f.numberNode(random.nextLong());
            case 4 -> f.numberNode(random.nextBoolean() ? 0.5 : 1e300);
            case 5 -> f.arrayNode();
            case 6 -> pick(elsewhere, random).deepCopy();
            case 7, 8 -> JSON.readTree(pick(parts, random));
            case 9 -> now.isString() ? f.stringNode(edited(now.asString(), random)) : f.stringNode(pick(words, random));
            case 10 -> now.isBoolean() ? f.booleanNode(!now.asBoolean()) : f.objectNode();
            default -> f.stringNode(pick(words, random));
        };
    }

    private String edited(String s, SplittableRandom random) {
        int at = random.nextInt(s.length() + 1);
        if (random.nextBoolean() && at < s.length()) return s.substring(0, at) + s.substring(at + 1);
        return s.substring(0, at) + pick(words, random) + s.substring(at);
    }

    /// Text that may be JSON no longer.
    private static String scratched(String text, SplittableRandom random) {
        StringBuilder out = new StringBuilder(text);
        for (int i = random.nextInt(3); i >= 0 && !out.isEmpty(); i--) {
            int at = random.nextInt(out.length());
            if (random.nextBoolean()) out.setCharAt(at, (char) random.nextInt(32, 127));
            else out.delete(at, Math.min(out.length(), at + random.nextInt(1, 20)));
        }
        return out.toString();
    }
}
