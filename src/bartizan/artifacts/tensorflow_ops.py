"""TensorFlow operators that do more than compute, by what they do.

A graph is a program: whoever runs it runs these. All others that TensorFlow has only take and make tensors.
"""

from typing import Literal

CODE = frozenset({
    "PyFunc", "PyFuncStateless", "EagerPyFunc", "LoadLibrary", "LoadPlugin", "RemoteCall", "ShellExecute",
    "SymbolicGradientPy", "TpuHostCompute", "RpcCall", "TfLiteSubgraphExecute", "NumpyFunction",
    "DelegateTfLite", "TRTEngineOp",
})  # fmt: skip
IO = frozenset({
    "ReadFile", "WriteFile", "MatchingFiles", "WholeFileReader", "WholeFileReaderV2", "TextLineReader",
    "TextLineReaderV2", "FixedLengthRecordReader", "FixedLengthRecordReaderV2", "TFRecordReader", "TFRecordReaderV2",
    "LMDBReader", "TFRecordDataset", "TFRecordDatasetV2", "TextLineDataset", "FixedLengthRecordDataset",
    "FixedLengthRecordDatasetV2", "SqlDataset", "ExperimentalSqlDataset", "CSVDataset", "CSVDatasetV2",
    "ExperimentalCSVDataset", "LMDBDataset", "ExperimentalLMDBDataset", "LoadDataset", "SaveDataset", "SaveDatasetV2",
    "SnapshotDataset", "SnapshotDatasetV2", "SnapshotDatasetReader", "SnapshotNestedDatasetReader",
    "SnapshotChunkDataset", "DistributedSave", "MatchingFilesDataset", "ExperimentalMatchingFilesDataset",
    "ImmutableConst", "Save", "SaveSlices", "DebugIdentity", "DebugIdentityV2", "DebugIdentityV3", "DebugNanCount",
    "DebugNumericSummary", "DebugNumericSummaryV2", "CreateSummaryDbWriter", "CreateSummaryFileWriter", "WriteSummary",
    "WriteGraphSummary", "WriteRawProtoSummary", "WriteScalarSummary", "WriteHistogramSummary", "WriteImageSummary",
    "WriteAudioSummary", "ImportEvent", "FileSystemSetConfiguration", "GcsConfigureBlockCache",
    "GcsConfigureCredentials", "DataServiceDataset", "DataServiceDatasetV2", "DataServiceDatasetV3",
    "DataServiceDatasetV4", "RegisterDataset", "RegisterDatasetV2", "BigQueryReader",
    "GenerateBigQueryReaderPartitions", "CollectiveInitializeCommunicator", "IgniteDataset", "KafkaDataset",
    "HTTPDataset", "IOReadableRead", "IOFileRead", "FileRead", "FileWrite",
    "RpcClient", "RpcServer", "RpcServerStart", "BigtableClient",
    "MonitoredCheckpointReader", "RemoteFusedGraphExecute", "IOHTTP", "RPC", "TryRpc",
})  # fmt: skip
SUBSTRINGS_CODE = ("PyFunc", "LoadLibrary", "Shell", "Subprocess", "PythonOp")
SUBSTRINGS_IO = ("ReadFile", "WriteFile", "FileReader", "Http")


def op_grade(name: str) -> Literal["code", "io", "inert"]:
    """What running this operator does; `Flex` before the name is how TFLite runs one of TensorFlow."""
    bare = name.removeprefix("Flex").removeprefix(">").rpartition(">")[2]
    if bare in CODE or any(part in bare for part in SUBSTRINGS_CODE):
        return "code"
    if bare in IO or any(part in bare for part in SUBSTRINGS_IO):
        return "io"
    return "inert"
