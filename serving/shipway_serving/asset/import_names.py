"""Which packages of the index bring a module that scripts import.

The one to add stands first, then others that bring the same module. A module of its package's own name stands here,
too, when it is known well enough that its absence is certain once none of its packages is installed.
"""

from typing import Dict, List

TABLE: str = """
absl | absl-py
adal | adal
albumentations | albumentations
allennlp | allennlp
altair | altair
applicationinsights | applicationinsights
attr | attrs
autosklearn | auto-sklearn
azure.storage.blob | azure-storage-blob
azure.storage.file | azure-storage-file azure-storage
azure.storage.queue | azure-storage-queue
azure.storage.table | azure-storage-table azure-cosmosdb-table
azure.identity | azure-identity
azure.keyvault | azure-keyvault azure-keyvault-secrets azure-keyvault-keys azure-keyvault-certificates
azure.cosmos | azure-cosmos
azure.cognitiveservices.vision.customvision | azure-cognitiveservices-vision-customvision
azure.eventhub | azure-eventhub
azure.ai.formrecognizer | azure-ai-formrecognizer
azure.ai.textanalytics | azure-ai-textanalytics
babel | babel
Bio | biopython
bokeh | bokeh
boto3 | boto3
botocore | botocore
bs4 | beautifulsoup4
cachetools | cachetools
catboost | catboost
category_encoders | category-encoders
certifi | certifi
click | click
cloudpickle | cloudpickle
Crypto | pycryptodome pycrypto
Cryptodome | pycryptodomex
cryptography | cryptography
cupy | cupy cupy-cuda12x cupy-cuda11x cupy-cuda110 cupy-cuda102
cv2 | opencv-python-headless opencv-python opencv-contrib-python opencv-contrib-python-headless
cycler | cycler
cython | cython
Cython | cython
dash | dash
dask | dask
dataclasses | dataclasses
dateutil | python-dateutil
dill | dill
distributed | distributed
docx | python-docx
dotenv | python-dotenv
duckdb | duckdb
fastai | fastai
fasttext | fasttext fasttext-wheel
fbprophet | fbprophet
featuretools | featuretools
fiona | fiona
fitz | pymupdf
flask | flask
fsspec | fsspec
fuzzywuzzy | fuzzywuzzy
gensim | gensim
geopandas | geopandas
git | gitpython
google.cloud.storage | google-cloud-storage
google.protobuf | protobuf
graphviz | graphviz
grpc | grpcio
h2o | h2o
h5py | h5py
haversine | haversine
hdbscan | hdbscan
holidays | holidays
httpx | httpx
hyperopt | hyperopt
imageio | imageio
imblearn | imbalanced-learn imblearn
imgaug | imgaug
inference_schema | inference-schema
interpret | interpret interpret-core
interpret_community | interpret-community
IPython | ipython
jinja2 | jinja2
joblib | joblib
jsonschema | jsonschema
jwt | pyjwt
keras | keras keras-nightly tf-keras
keras_applications | keras-applications
keras_preprocessing | keras-preprocessing
langdetect | langdetect
Levenshtein | levenshtein python-levenshtein
librosa | librosa
lifelines | lifelines
lightgbm | lightgbm
lime | lime
loguru | loguru
lxml | lxml
markdown | markdown
markupsafe | markupsafe
matplotlib | matplotlib
mlflow | mlflow mlflow-skinny
mlxtend | mlxtend
mpl_toolkits | matplotlib
msal | msal
msrest | msrest
mxnet | mxnet mxnet-mkl mxnet-cu101 mxnet-cu102 mxnet-cu110
MySQLdb | mysqlclient
mysql.connector | mysql-connector-python mysql-connector
networkx | networkx
nltk | nltk
nibabel | nibabel
numba | numba
numexpr | numexpr
numpy | numpy intel-numpy
onnx | onnx
onnxmltools | onnxmltools
onnxruntime | onnxruntime onnxruntime-gpu onnxruntime-openvino onnxruntime-training
openpyxl | openpyxl
orjson | orjson
packaging | packaging
pandas | pandas
pandas_ml | pandas-ml
pandasql | pandasql
paramiko | paramiko
patsy | patsy
PIL | pillow pillow-simd
pkg_resources | setuptools
plotly | plotly
pmdarima | pmdarima
polars | polars
prometheus_client | prometheus-client
prophet | prophet
psutil | psutil
psycopg2 | psycopg2-binary psycopg2
pyarrow | pyarrow
pycocotools | pycocotools
pydantic | pydantic
pydicom | pydicom
pymongo | pymongo
pymssql | pymssql
pymysql | pymysql
pyodbc | pyodbc
pyod | pyod
PyPDF2 | pypdf2
pyproj | pyproj
pyspark | pyspark databricks-connect
pytesseract | pytesseract
pytorch_lightning | pytorch-lightning
pytz | pytz
pywt | pywavelets
rasterio | rasterio
rapidfuzz | rapidfuzz
redis | redis
regex | regex
requests | requests
ruamel.yaml | ruamel.yaml
scipy | scipy
seaborn | seaborn
sentencepiece | sentencepiece
sentence_transformers | sentence-transformers
serial | pyserial
setuptools | setuptools
shap | shap
shapely | shapely
simplejson | simplejson
six | six
skimage | scikit-image
sklearn | scikit-learn
sklearn_pandas | sklearn-pandas
skl2onnx | skl2onnx
slugify | python-slugify
snowflake.connector | snowflake-connector-python
sqlalchemy | sqlalchemy
spacy | spacy spacy-nightly
statsmodels | statsmodels
surprise | scikit-surprise
sympy | sympy
tables | tables
tabulate | tabulate
tensorboard | tensorboard
tensorflow | tensorflow tensorflow-cpu tensorflow-gpu intel-tensorflow tf-nightly tensorflow-intel
tensorflow_addons | tensorflow-addons
tensorflow_hub | tensorflow-hub
tensorflow_serving | tensorflow-serving-api
tensorflow_text | tensorflow-text
textblob | textblob
tf2onnx | tf2onnx
theano | theano
tldextract | tldextract
tokenizers | tokenizers
torch | torch torch-cpu
torchaudio | torchaudio
torchtext | torchtext
torchvision | torchvision torchvision-cpu
tornado | tornado
tqdm | tqdm
transformers | transformers
treelite | treelite
tsfresh | tsfresh
typing_extensions | typing-extensions
tzlocal | tzlocal
ujson | ujson
umap | umap-learn
unidecode | unidecode
urllib3 | urllib3
wandb | wandb
websocket | websocket-client
websockets | websockets
werkzeug | werkzeug
wget | wget
wordcloud | wordcloud
wrapt | wrapt
xgboost | xgboost xgboost-cpu
xlrd | xlrd
xlsxwriter | xlsxwriter
yaml | pyyaml
zmq | pyzmq
"""
"""Module, then packages. Text and no docstring: ``python -OO`` drops those."""


def packages() -> Dict[str, List[str]]:
    """The packages that bring a module, by the module's name."""
    table: Dict[str, List[str]] = {}
    for line in TABLE.strip().splitlines():
        module, names = line.split(" | ")
        table[module] = names.split()
    return table


def packages_of(module: str) -> List[str]:
    """The packages that bring ``module`` or the longest known beginning of its name; empty when none is known."""
    table = packages()
    parts = module.split(".")
    for length in range(len(parts), 0, -1):
        found = table.get(".".join(parts[:length]))
        if found:
            return found
    return []
