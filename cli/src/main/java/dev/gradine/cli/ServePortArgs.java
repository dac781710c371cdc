package dev.gradine.cli;

import dev.gradine.serve.api.ApiOptions;
import dev.gradine.serve.api.ServerOptions;
import dev.gradine.serve.http.HttpOptions;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/// Who may ask, and what for.
final class ServePortArgs {

    @Option(
            names = "--host",
            defaultValue = "127.0.0.1",
            paramLabel = "ADDRESS",
            description = "Address to listen on (default ${DEFAULT-VALUE}: this machine alone).")
    private String host = "127.0.0.1";

    @Option(
            names = "--port",
            defaultValue = "8000",
            paramLabel = "PORT",
            description = "Port to listen on; 0 for any that is free (default ${DEFAULT-VALUE}).")
    private int port;

    @Option(
            names = "--api-key",
            paramLabel = "KEY",
            description = "Key that requests have to bring, as Authorization: Bearer KEY (default none).")
    private @Nullable String apiKey;

    @Option(
            names = "--cors",
            paramLabel = "ORIGIN",
            description = "Origin whose pages may read answers, or * for all (default none).")
    private @Nullable String cors;

    @Option(
            names = "--max-body",
            defaultValue = "4194304",
            paramLabel = "BYTES",
            description = "Largest body of a request (default ${DEFAULT-VALUE}).")
    private int maxBody;

    @Option(
            names = "--max-n",
            defaultValue = "8",
            paramLabel = "N",
            description = "Most texts for one prompt (default ${DEFAULT-VALUE}).")
    private int maxN;

    @Option(
            names = "--allow-adapter-updates",
            description = "Let requests load and remove adapters; they lie under --adapter-dir.")
    private boolean allowAdapterUpdates;

    @Option(names = "--adapter-dir", paramLabel = "DIR", description = "Folder of the adapters that requests may load.")
    private @Nullable Path adapterDir;

    @Option(
            names = "--strict-api",
            description = "Refuse requests with fields that are not known (default: name them in the header"
                    + " x-gradine-ignored).")
    private boolean strictApi;

    @Option(
            names = "--logprobs-mode",
            defaultValue = "raw",
            paramLabel = "raw|processed",
            description = "Log-probabilities that are told of tokens: raw, the model's own, or processed, those that"
                    + " tokens are drawn by, after bias, penalties, temperature and cuts (default ${DEFAULT-VALUE}).")
    private String logProbs = "raw";

    /// Fails before a model is opened.
    ///
    /// @throws IllegalArgumentException names the option
    void check() {
        if (allowAdapterUpdates != (adapterDir != null)) {
            throw new IllegalArgumentException(
                    "--allow-adapter-updates and --adapter-dir: one of them is given," + " expected both or none");
        }
        if (adapterDir != null && !Files.isDirectory(adapterDir)) {
            throw new IllegalArgumentException("--adapter-dir: %s is no folder, expected one".formatted(adapterDir));
        }
        options();
    }

    ServerOptions options() {
        HttpOptions usual = HttpOptions.defaults();
        return new ServerOptions(
                new HttpOptions(host, port, apiKey, cors, maxBody, usual.patience(), usual.farewell()),
                new ApiOptions(maxN, adapterDir, strictApi, told()));
    }

    private ApiOptions.LogProbs told() {
        return switch (logProbs) {
            case "raw" -> ApiOptions.LogProbs.RAW;
            case "processed" -> ApiOptions.LogProbs.PROCESSED;
            default ->
                throw new IllegalArgumentException(
                        "--logprobs-mode: \"%s\", expected raw or processed".formatted(logProbs));
        };
    }

    /// Where it is reached.
    String url(int actual) {
        return "http://%s:%d".formatted(host.contains(":") ? "[" + host + "]" : host, actual);
    }
}
