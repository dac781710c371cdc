package dev.gradine.serve.api;

import dev.gradine.serve.AdapterRefusedException;
import dev.gradine.serve.Card;
import dev.gradine.serve.Served;
import dev.gradine.serve.http.ApiException;
import dev.gradine.serve.http.Call;
import dev.gradine.serve.http.JsonMap;
import dev.gradine.serve.http.Route;
import java.io.IOException;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// Adapters while serving: `POST /v1/load_lora_adapter` and `/v1/unload_lora_adapter`, which the server has
/// to be told to allow, and `GET` and `POST /lora-adapters`, the scales of those that act with the base model.
///
/// Adapters are read from one folder alone, whatever links lead out of it.
final class AdapterEndpoints {

    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9._-]{1,64}");

    private final Served served;
    private final Unknown unknown;
    private final @Nullable Path folder;

    /// @param folder where adapters are read from; null if none are
    AdapterEndpoints(Served served, Unknown unknown, @Nullable Path folder) {
        this.served = served;
        this.unknown = unknown;
        this.folder = folder;
    }

    List<Route> routes() {
        return List.of(
                Route.post("/v1/load_lora_adapter", this::load),
                Route.post("/v1/unload_lora_adapter", this::unload),
                Route.get("/lora-adapters", this::list),
                Route.post("/lora-adapters", this::scale));
    }

    /// As llama.cpp lists them; the scale is that in requests to the base model.
    private void list(Call call) throws IOException {
        List<Object> all = new ArrayList<>();
        Map<String, Double> scales = served.scales();
        for (Card c : served.cards().stream().skip(1).toList()) {
            double scale = scales.getOrDefault(c.name(), 0.0);
            all.add(JsonMap.of("id", all.size(), "path", c.root().toString(), "scale", scale));
        }
        call.json(200, all);
    }

    /// Adapters that are not named act no more.
    private void scale(Call call) throws IOException {
        Fields f = Fields.parseList("adapters", call.body());
        Map<String, Double> scales = AdapterScales.read(f, "", f.list("adapters"), served.cards());
        unknown.report(call, f);
        try {
            served.scale(scales);
        } catch (AdapterRefusedException e) {
            throw refused(e);
        } catch (IllegalArgumentException e) {
            throw ApiException.request(400, "invalid_value", null, String.valueOf(e.getMessage()));
        }
        call.json(200, JsonMap.of("success", true));
    }

    private void load(Call call) throws IOException {
        Path allowed = allowed();
        Fields f = Fields.parse(call.body());
        String name = f.text("lora_name");
        if (!NAME.matcher(name).matches() || name.matches("\\.+")) {
            throw f.wrong("lora_name", name, "1 to 64 letters, digits, '.', '_' and '-'");
        }
        Path path = within(allowed, f.text("lora_path"));
        boolean inPlace = f.flag("load_inplace", false);
        unknown.report(call, f);
        try {
            served.load(name, path, inPlace);
        } catch (AdapterRefusedException e) {
            throw refused(e);
        }
        call.text("text/plain; charset=utf-8", "Success: LoRA adapter '%s' added successfully.".formatted(name));
    }

    private void unload(Call call) throws IOException {
        allowed();
        Fields f = Fields.parse(call.body());
        String name = f.text("lora_name");
        f.accept("lora_int_id");
        unknown.report(call, f);
        try {
            served.unload(name);
        } catch (AdapterRefusedException e) {
            throw refused(e);
        }
        call.text("text/plain; charset=utf-8", "Success: LoRA adapter '%s' removed successfully.".formatted(name));
    }

    private Path allowed() {
        if (folder != null) return folder;
        throw ApiException.request(
                404,
                "unknown_url",
                null,
                "adapters are loaded and removed only where the server was started with --allow-adapter-updates");
    }

    private static Path within(Path folder, String path) throws IOException {
        Path home = folder.toRealPath();
        try {
            Path asked = home.resolve(path);
            boolean isInside = asked.normalize().startsWith(home)
                    || asked.normalize().startsWith(folder.toAbsolutePath().normalize());
            if (isInside && asked.toRealPath().startsWith(home)) return asked.toRealPath();
        } catch (InvalidPathException | IOException _) {
            throw invalid("there is no such folder in " + home);
        }
        throw invalid("lora_path is not in " + home + ", expected a folder in it");
    }

    private static ApiException invalid(String message) {
        return ApiException.request(400, "adapter_invalid", "lora_path", message);
    }

    private static ApiException refused(AdapterRefusedException e) {
        String message = String.valueOf(e.getMessage());
        return switch (e.why()) {
            case INVALID -> invalid(message);
            case NOT_FOUND -> ApiException.request(404, "adapter_not_found", "lora_name", message);
            case EXISTS -> ApiException.request(409, "adapter_exists", "lora_name", message);
            case LOST -> ApiException.server(500, "adapter_invalid", message);
        };
    }
}
