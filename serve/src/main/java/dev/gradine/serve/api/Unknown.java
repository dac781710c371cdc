package dev.gradine.serve.api;

import dev.gradine.data.OneLine;
import dev.gradine.serve.http.ApiException;
import dev.gradine.serve.http.Call;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.stream.Collectors;

/// What becomes of fields that are not known: an error where the server is strict; else they are named in a
/// header of the answer and, once each, in the log.
final class Unknown {

    private static final String HEADER = "x-gradine-ignored";
    private static final int MOST = 1000; // bytes of the header, and names in the log

    private final boolean isStrict;
    private final Consumer<String> log;
    private final Set<String> logged = ConcurrentHashMap.newKeySet();

    Unknown(boolean isStrict, Consumer<String> log) {
        this.isStrict = isStrict;
        this.log = log;
    }

    /// To be asked when all that is known has been read.
    void report(Call call, Fields fields) {
        Set<String> unknown = fields.unknown();
        if (unknown.isEmpty()) return;
        if (isStrict) {
            String names = OneLine.of(String.join(", ", unknown), MOST);
            throw ApiException.unsupported(
                    OneLine.of(unknown.iterator().next(), 80), "the request has fields that are not known: " + names);
        }
        List<String> plain = unknown.stream().map(Unknown::plain).toList();
        String all = String.join(",", plain);
        call.header(HEADER, all.length() > MOST ? all.substring(0, MOST) : all);
        String first = plain.stream()
                .filter(n -> logged.size() < MOST && logged.add(n))
                .collect(Collectors.joining(", "));
        if (!first.isEmpty()) log.accept(call.path() + ": fields ignored, for they are not known: " + first);
    }

    /// As it may stand in a header.
    private static String plain(String name) {
        return OneLine.of(name, 80).replaceAll("[^A-Za-z0-9._\\[\\]-]", "?");
    }
}
