package dev.gradine.data.file;

import dev.hardwood.row.PqList;
import dev.hardwood.row.PqMap;
import dev.hardwood.row.PqStruct;
import java.math.BigDecimal;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.BinaryNode;
import tools.jackson.databind.node.BooleanNode;
import tools.jackson.databind.node.DoubleNode;
import tools.jackson.databind.node.IntNode;
import tools.jackson.databind.node.LongNode;
import tools.jackson.databind.node.NullNode;
import tools.jackson.databind.node.ObjectNode;
import tools.jackson.databind.node.StringNode;

/// A value of a Parquet file as JSON of the same data has it.
///
/// * A structure has all fields of its column, and null where its row has none: a message all that any message has. Of
/// such fields an object has none, as in TRL (`remove_none_values`). A column that is null stays.
/// * A number that is none (`NaN`, infinite) is null, which JSON has in its place.
/// * A number of 32 bits is the decimal that is written for it.
/// * Dates, times and what else JSON has no word for are texts.
final class ParquetValue {

    private ParquetValue() {}

    static JsonNode of(@Nullable Object value) {
        return switch (value) {
            case null -> NullNode.getInstance();
            case String s -> StringNode.valueOf(s);
            case Boolean b -> BooleanNode.valueOf(b);
            case Integer i -> IntNode.valueOf(i);
            case Long n -> n == n.intValue() ? IntNode.valueOf(n.intValue()) : LongNode.valueOf(n);
            case Float f -> number(Double.parseDouble(f.toString()));
            case Double d -> number(d);
            case BigDecimal d -> number(d.doubleValue());
            case byte[] bytes -> BinaryNode.valueOf(bytes);
            case PqList list -> list(list);
            case PqStruct struct -> struct(struct);
            case PqMap map -> map(map);
            default -> StringNode.valueOf(value.toString());
        };
    }

    private static JsonNode number(double value) {
        return Double.isFinite(value) ? DoubleNode.valueOf(value) : NullNode.getInstance();
    }

    private static JsonNode list(PqList list) {
        ArrayNode out = JsonRows.JSON.createArrayNode();
        for (int i = 0; i < list.size(); i++) out.add(of(list.get(i)));
        return out;
    }

    private static JsonNode struct(PqStruct struct) {
        ObjectNode out = JsonRows.JSON.createObjectNode();
        for (int i = 0; i < struct.getFieldCount(); i++) {
            JsonNode field = of(struct.getValue(i));
            if (!field.isNull()) out.set(struct.getFieldName(i), field);
        }
        return out;
    }

    private static JsonNode map(PqMap map) {
        ObjectNode out = JsonRows.JSON.createObjectNode();
        for (PqMap.Entry entry : map.getEntries()) out.set(String.valueOf(entry.getKey()), of(entry.getValue()));
        return out;
    }
}
